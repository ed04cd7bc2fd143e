"""The desk: terms by which a model is chosen, what the roles answer, and decisions with signatures and records."""

from django.db import models
from django.db.models import Q

from metrics.models.evaluation import EvaluationRun, Model
from metrics.models.product import Product, Role, User
from metrics.models.row import Row
from metrics.models.signed import SignedBy, SignedVersion


class TermsVersion(SignedVersion):
    """By what the champion of a model is chosen: objectives, guardrails, gates and the rule.

    Signed by two, as a mapping is: nobody moves the posts after seeing the candidates without it being seen. The form
    of its definition is that of `core.selection.terms`.
    """

    model = models.ForeignKey(Model, models.CASCADE, related_name="terms")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["model", "number"], name="one_terms_version_a_number"),
            models.UniqueConstraint(fields=["model"], condition=Q(state="approved"), name="one_terms_in_force"),
        ]

    def __str__(self) -> str:
        return f"terms of {self.model}, version {self.number}"


class TermsSignature(SignedBy):
    version = models.ForeignKey(TermsVersion, models.CASCADE, related_name="signatures")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["version", "act"], condition=Q(cleared=False) & ~Q(act="objected"), name="one_terms_act"
            ),
            models.CheckConstraint(name="objection_to_terms_has_reason", condition=~Q(act="objected") | ~Q(reason="")),
        ]


class Decision(Row):
    """A choice of the champion of a model; its number counts those of the product.

    Open, one looks at candidates and answers; proposed, one run is `chosen` and what was known then is frozen in
    `record`, whose digest all who sign sign; signed, its version is champion; withdrawn, nothing came of it. A direct
    one was made by a promotion that asked nobody: it is signed at once by who made it.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        PROPOSED = "proposed", "proposed"
        SIGNED = "signed", "signed"
        WITHDRAWN = "withdrawn", "withdrawn"

    product = models.ForeignKey(Product, models.CASCADE, related_name="decisions")
    model = models.ForeignKey(Model, models.CASCADE, related_name="decisions")
    number = models.PositiveIntegerField()
    direct = models.BooleanField(default=False, help_text="a promotion that asked nobody")
    terms = models.ForeignKey(
        TermsVersion,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="decisions",
        help_text="empty: none in force",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    opened_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    before = models.ForeignKey(
        EvaluationRun, models.PROTECT, null=True, blank=True, related_name="+", help_text="the champion's run till then"
    )
    chosen = models.ForeignKey(EvaluationRun, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=500, blank=True, help_text="why this one; due where the rule says another")
    reverts = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="reverted", help_text="the decision taken back"
    )
    record = models.JSONField(blank=True, default=dict, help_text="all that was known when it was proposed")
    digest = models.CharField(max_length=64, blank=True, help_text="of the record; what a signature signs")
    proposed_at = models.DateTimeField(null=True, blank=True)
    signed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["product", "number"], name="one_decision_a_number"),
            models.UniqueConstraint(
                fields=["model"], condition=Q(state__in=["open", "proposed"]), name="one_waiting_decision_a_model"
            ),
            models.CheckConstraint(
                name="what_is_proposed_is_frozen",
                condition=~Q(state__in=["proposed", "signed"])
                | (Q(chosen__isnull=False, proposed_at__isnull=False) & ~Q(digest="")),
            ),
            models.CheckConstraint(name="signed_has_a_moment", condition=Q(state="signed") ^ Q(signed_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return f"decision {self.number}"


class DecisionSignature(Row):
    """What one person did with what was frozen, over its digest. Dissent is kept, and stops nobody."""

    class Act(models.TextChoices):
        PROPOSED = "proposed", "proposed"
        ASSENTED = "assented", "assented"
        DISSENTED = "dissented", "dissented"
        SIGNED_OFF = "signed_off", "signed off"
        REFUSED = "refused", "refused"
        WITHDRAWN = "withdrawn", "withdrawn"

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="signatures")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    act = models.CharField(max_length=10, choices=Act.choices)
    digest = models.CharField(max_length=64)
    reason = models.CharField(max_length=500, blank=True)
    cleared = models.BooleanField(default=False, help_text="a refusal or a withdrawal opened the decision again")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision", "user"],
                condition=Q(cleared=False) & ~Q(act="proposed"),
                name="one_signature_a_person",
            ),
            models.CheckConstraint(
                name="who_dissents_says_why", condition=~Q(act__in=["dissented", "refused"]) | ~Q(reason="")
            ),
        ]


class Round(Row):
    """One asking of the roles for what they would give up. Answers are sealed until it is closed."""

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="rounds")
    number = models.PositiveIntegerField()
    ends_on = models.DateField(null=True, blank=True, help_text="the day from which whoever has not answered is left")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", help_text="empty: all had answered, or it ended"
    )

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["decision", "number"], name="one_round_a_number"),
            models.UniqueConstraint(fields=["decision"], condition=Q(closed_at=None), name="one_open_round"),
        ]

    def __str__(self) -> str:
        return f"round {self.number} of {self.decision}"


class Sheet(Row):
    """What one person answers in a round, for the role that they have: to questions, or by weights they set.

    answers: [{"of", "give", "to", "gain", "says"}] with objectives by key, amounts in their units. weights: objective →
    share, of whoever sets them; then the answers are not read.
    """

    round = models.ForeignKey(Round, models.CASCADE, related_name="sheets")
    user = models.ForeignKey(User, models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role.choices)
    answers = models.JSONField(blank=True, default=list)
    weights = models.JSONField(null=True, blank=True)
    sealed_at = models.DateTimeField(null=True, blank=True)
    digest = models.CharField(max_length=64, blank=True, help_text="of what was sealed")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["round", "user"], name="one_sheet_a_person"),
            models.CheckConstraint(name="what_is_sealed_has_a_digest", condition=Q(sealed_at=None) ^ ~Q(digest="")),
        ]


class AnswerLink(Row):
    """A link that one person is mailed to answer one proposal by: it works once, for them, on what they were told of.

    Its secret is kept as a hash alone. digest: that of the record which it is about.
    """

    decision = models.ForeignKey(Decision, models.CASCADE, related_name="+")
    user = models.ForeignKey(User, models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"link of {self.user} to {self.decision}"
