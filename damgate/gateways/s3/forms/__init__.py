"""Uploads by the forms of web pages, as far as a signed policy lets them."""

from damgate.gateways.s3.forms.posting import post_object

__all__ = ["post_object"]
