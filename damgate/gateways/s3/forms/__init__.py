"""Uploads by the forms of web pages, as far as a signed policy lets them."""
