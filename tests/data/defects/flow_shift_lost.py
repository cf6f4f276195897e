# The shift of a flow model is lost on the way to classes that call it flow_shift
# code: IPS312
# options: flow_shift, use_flow_sigmas
# upstream: #12108, #12109
# found by: sigmas --presets tests/data/defects/unipc_flow.json --model sd3 --steps 20
import diffusers


def shows(cls):
    config = diffusers.FlowMatchEulerDiscreteScheduler(shift=3.0).config
    given = {"prediction_type": "flow_prediction", "use_flow_sigmas": True}
    plain, meant = cls.from_config(config, **given), cls.from_config(config, **given, flow_shift=3.0)
    plain.set_timesteps(10)
    meant.set_timesteps(10)
    if plain.sigmas.tolist() != meant.sigmas.tolist():
        return f"sigma 5 is {plain.sigmas[5]:.4f}, with the model's shift it is {meant.sigmas[5]:.4f}"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
