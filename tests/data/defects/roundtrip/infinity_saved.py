# A number that is not finite is saved as JSON that no strict reader takes
# code: IPR409
# options: beta_end
import json

import diffusers


def shows(cls):
    text = cls(beta_end=float("inf")).to_json_string()

    def refuse(constant):
        raise ValueError(f"{constant} is no JSON")

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError as error:
        return f"beta_end=inf is saved, and {error}"


if __name__ == "__main__":
    said = shows(diffusers.DDIMScheduler)
    print(said)
    raise SystemExit(said is not None)
