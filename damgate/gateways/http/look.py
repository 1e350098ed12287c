"""How a folder's page looks, and what a browser may do with it."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root{color-scheme:light dark;--ink:#1b1f24;--soft:#667080;--line:#e3e6ea;--paper:#fff;--tile:#f2f4f7;--link:#0b57d0;
--glyph:#b9c2cf}
@media(prefers-color-scheme:dark){:root{
--ink:#e6e8eb;--soft:#98a2b0;--line:#2b3036;--paper:#16181b;--tile:#22262b;--link:#8ab4f8;--glyph:#4d5763}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:90rem;padding:2rem 1.5rem;
background:var(--paper);color:var(--ink);font:16px/1.4 system-ui,sans-serif}
h1{font-size:1.35rem;font-weight:600;margin:0 0 1.25rem;overflow-wrap:anywhere}
h1 a{color:var(--soft);font-weight:400}
a{color:var(--link);text-decoration:none}
h1 a:hover,nav a:hover,li a:hover b{text-decoration:underline}
nav{margin:0 0 1.25rem}
ul{list-style:none;margin:0;padding:0;display:grid;gap:1.5rem 1.25rem;
grid-template-columns:repeat(auto-fill,minmax(11rem,1fr))}
li{min-width:0;font-size:.9rem}
li a{display:block;border-radius:.5rem}
li a:focus-visible{outline:2px solid var(--link);outline-offset:3px}
i{display:flex;align-items:center;justify-content:center;aspect-ratio:4/3;margin:0 0 .5rem;overflow:hidden;
border:1px solid var(--line);border-radius:.5rem;background:var(--tile);
color:var(--soft);font-style:normal;font-size:.8rem;letter-spacing:.06em}
a:hover i{border-color:var(--soft)}
img{display:block;width:100%;height:100%;object-fit:contain;font-size:.75rem;letter-spacing:0;text-align:center}
svg{width:34%;fill:var(--glyph)}
b{display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:2;overflow:hidden;
font-weight:500;overflow-wrap:anywhere}
small{display:block;font-size:.8rem;color:var(--soft);font-variant-numeric:tabular-nums}
footer{margin-top:2rem;padding-top:.75rem;border-top:1px solid var(--line);font-size:.85rem;color:var(--soft)}
@media(max-width:34rem){body{padding:1.25rem 1rem}ul{gap:1.25rem .9rem;grid-template-columns:repeat(2,1fr)}}
"""
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = [
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Security-Policy", POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "private, no-store"),
]
FOLDER = (
    '<svg viewBox="0 0 48 40" aria-hidden="true"><path d="M4 0h13a4 4 0 0 1 3 1.3L24 6h20a4 4 0 0 1 4 4v26a4 4 0 0 1'
    '-4 4H4a4 4 0 0 1-4-4V4a4 4 0 0 1 4-4z"/></svg>'
)
