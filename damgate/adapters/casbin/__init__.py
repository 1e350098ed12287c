"""Policy by Casbin: rules that a digital asset manager writes in `policies/policy.csv` of the drive."""

from damgate.adapters.casbin.policy import CasbinPolicy
from damgate.adapters.casbin.rules import PEOPLE_VIEW

__all__ = ["PEOPLE_VIEW", "CasbinPolicy"]
