"""What each kind of work is called on pages."""

KINDS = {
    "account_told": "Telling somebody what happened to their account",
    "alerts": "Looking whether alerts ring, of a product",
    "alerts_all": "Looking whether alerts ring, of all products",
    "audit_anchor": "Anchoring the audit outside the database",
    "audit_link": "Linking the audit into its chain",
    "delivery": "Sending a letter, or a message to a program",
    "delivery_pack": "Making the pack that goes with a letter",
    "evidence": "Checking the evidence of a run",
    "foretold": "Trying what a model foretells",
    "import": "Importing runs",
    "joined": "Telling managers of a new member",
    "notices": "Writing notices that are due",
    "pack": "Making a pack",
    "pack_again": "Writing a pack again",
    "recompute": "Computing KPIs and revenue of a product",
    "reported": "Scoring runs that report their metrics",
    "retention": "Removing rows that are older than their product keeps",
    "risk": "Assessing revenue at risk",
    "scan": "Reading the rows of a run",
    "store_check": "Holding rows against the stored files",
    "sweep": "Looking for what is lacking, and clearing up",
    "upload": "Checking a file that came in parts",
    "verify": "Recomputing a receipt",
}


def called(kind: str) -> str:
    """The kind in words; itself where it has none."""
    return KINDS.get(kind, kind)
