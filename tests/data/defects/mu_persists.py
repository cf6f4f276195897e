# set_timesteps(mu=...) writes config.flow_shift: a later call without mu keeps the old shift
# code: IPS313
# options: use_dynamic_shifting, use_flow_sigmas
# found by: sigmas 'DPM++ 2M flow' --model flux-dev --set flow_shift=1.0 --steps 20
import diffusers


def shows(cls):
    given = {"prediction_type": "flow_prediction", "use_flow_sigmas": True, "use_dynamic_shifting": True}
    used, fresh = cls(**given), cls(**given)
    used.set_timesteps(10)  # in DPMSolverSinglestep the first call writes the config anew, and hides it
    used.set_timesteps(10, mu=1.15)
    used.set_timesteps(10)
    fresh.set_timesteps(10)
    if used.sigmas.tolist() != fresh.sigmas.tolist():
        return f"sigma 5 is {used.sigmas[5]:.4f} after a call with mu, {fresh.sigmas[5]:.4f} on a fresh scheduler"


if __name__ == "__main__":
    said = shows(diffusers.DPMSolverMultistepScheduler)
    print(said)
    raise SystemExit(said is not None)
