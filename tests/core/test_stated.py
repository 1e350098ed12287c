"""What renditions say: the catalogue where it says something, else the original, and never a mixture of two owners."""

from damgate.core.assets import Tag
from damgate.core.rights import Rights
from damgate.core.stated import CATALOGUE, stated

TAGS = (
    Tag("creator", "Jane", "XMP dc:creator"),
    Tag("creator", "J. Doe", "IPTC 2:80"),
    Tag("copyright", "© Jane", "EXIF Copyright"),
    Tag("copyright-owner", "Jane Doe", "XMP plus:CopyrightOwner/plus:CopyrightOwnerName"),
    Tag("licensor", "Old Agency", "XMP plus:Licensor/plus:LicensorName"),
    Tag("licensor-url", "https://old.example/", "XMP plus:Licensor/plus:LicensorURL"),
    Tag("title", "A shoe", "XMP dc:title"),
)


def test_the_original_speaks_where_the_catalogue_is_silent() -> None:
    assert stated(Rights(), TAGS) == (TAGS[0], *TAGS[2:6])


def test_the_catalogue_wins_one_by_one() -> None:
    said = {tag.name: (tag.value, tag.origin) for tag in stated(Rights(creator="Joe", terms="Web only"), TAGS)}
    assert said["creator"] == ("Joe", CATALOGUE)
    assert said["terms"] == ("Web only", CATALOGUE)
    assert said["copyright"] == ("© Jane", "EXIF Copyright")
    assert "title" not in said


def test_another_licensors_address_is_never_put_beside_a_licensor() -> None:
    said = {tag.name: tag.value for tag in stated(Rights(licensor="New Agency", copyright="© Studio"), TAGS)}
    assert said == {"creator": "Jane", "copyright": "© Studio", "licensor": "New Agency"}
