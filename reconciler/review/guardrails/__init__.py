"""Guardrails: ValidatingAdmissionPolicies and XdsPolicies, evaluated offline on what a commit changes.

As the API server would: an object that is added, changed or removed is a request, which every binding's policy judges.
What did not change is not judged again, unless the guardrails did.
"""
