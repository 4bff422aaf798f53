"""Pages for sign-in, API tokens and teams, the health check, and the page for failures."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django.views.defaults import server_error
from redis.exceptions import RedisError

from portal.database import is_busy
from portal.exceptions import InvalidInput
from portal.forms import MemberForm, TeamForm, TokenForm
from portal.lockout import Block
from portal.models import ApiToken, Team, TeamMember
from portal.pages import errors_shown_in, errors_shown_on
from portal.services import people
from portal.services import teams as team_services
from portal.services import tokens as token_services
from portal.signed_in import SignedInRequest


class SignInView(auth_views.LoginView):
    """The sign-in page, which also names whom to ask for help."""

    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {"contact": settings.OPERATOR_CONTACT}


def sign_in_blocked(request: HttpRequest, *_: Any) -> HttpResponse:
    """The answer to a blocked sign-in, called by django-axes."""
    block = getattr(request, "sign_in_block", None) or Block.from_now(None)
    context = {"refusal": block, "contact": settings.OPERATOR_CONTACT}
    response = render(request, "registration/locked_out.html", context, status=429)
    response["Retry-After"] = str(block.seconds)
    return response


@login_not_required
def health(request: HttpRequest) -> JsonResponse:
    """200 if database and broker answer, else 503; the body names the state of both."""
    parts = {"database": _database_answers(), "broker": _broker_answers()}
    status = 200 if all(parts.values()) else 503
    return JsonResponse(
        {name: "ok" if fine else "down" for name, fine in parts.items()}, status=status
    )


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _broker_answers() -> bool:
    try:
        cache.get("health")
    except (RedisError, OSError):
        return False
    return True


def failed(request: HttpRequest) -> HttpResponse:
    """The page for an unexpected exception, which Django has logged: 503 while the database is
    locked or does not answer, else 500."""
    if is_busy(sys.exc_info()[1]):
        return render(request, "503.html", status=503)
    return server_error(request)


# --- API tokens --------------------------------------------------------------------------------


@never_cache
@sensitive_variables("value", "issued")
@require_http_methods(["GET", "POST"])
def tokens(request: SignedInRequest) -> HttpResponse:
    """The list of API tokens, with the value of a new one right after it was issued."""
    form = TokenForm(request.POST or None)
    issued = None
    if request.method == "POST" and form.is_valid():
        issued = token_services.issue(owner=request.user, **form.issue_arguments())
        form = TokenForm()
    context = {
        "form": form,
        "tokens": ApiToken.objects.for_user(request.user),
        "issued": issued,
    }
    status = 400 if form.errors else 200
    return render(request, "portal/tokens.html", context, status=status)


@require_POST
def revoke_token(request: SignedInRequest, pk: int) -> HttpResponse:
    token = get_object_or_404(ApiToken.objects.for_user(request.user), pk=pk)
    token_services.revoke(token=token)
    messages.success(request, f"The token “{token.name}” is revoked.")
    return redirect("portal:tokens")


# --- teams -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def teams(request: SignedInRequest) -> HttpResponse:
    """The teams of the user, and the form of a new one."""
    form = TeamForm(request.POST or None)
    status = 400 if form.errors else 200
    if form.is_valid():
        with errors_shown_in(form) as outcome:
            made = team_services.create_team(user=request.user, name=form.cleaned_data["name"])
        if not form.errors:
            return redirect(made)
        status = outcome.status
    own = Team.objects.for_user(request.user).for_list(request.user)
    context = {"form": form, "teams": own}
    return render(request, "portal/teams.html", context, status=status)


@require_safe
def team(request: SignedInRequest, pk: int) -> HttpResponse:
    return team_page(request, pk)


def team_page(request: SignedInRequest, pk: int) -> HttpResponse:
    team = get_object_or_404(Team.objects.for_user(request.user), pk=pk)
    members = list(team.memberships.select_related("person").order_by("person__username"))
    context = {
        "team": team,
        "members": members,
        "own": next(member for member in members if member.person_id == request.user.pk),
        "rename": TeamForm(initial={"name": team.name}),
        "add": MemberForm(initial=request.POST.dict()),  # when the page tells an error
        "colleagues": people.colleagues(request.user),
    }
    return render(request, "portal/team.html", context)


def _team_instead(request: SignedInRequest, pk: int, member: int) -> HttpResponse:
    return team_page(request, pk)


@require_POST
@errors_shown_on(team_page)
def rename_team(request: SignedInRequest, pk: int) -> HttpResponse:
    team = _managed(request, pk)
    form = TeamForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("A team needs a name of at most 100 characters.")
    team_services.rename_team(team=team, name=form.cleaned_data["name"])
    messages.success(request, f"The team is called “{team.name}” now.")
    return redirect(team)


@require_POST
def delete_team(request: SignedInRequest, pk: int) -> HttpResponse:
    team = _managed(request, pk)
    team_services.delete_team(team=team)
    messages.success(request, f"The team “{team.name}” is deleted.")
    return redirect("portal:teams")


@require_POST
def leave_team(request: SignedInRequest, pk: int) -> HttpResponse:
    own = TeamMember.objects.filter(person=request.user).select_related("team")
    member = get_object_or_404(own, team_id=pk)
    team_services.remove_member(member=member)
    messages.success(request, f"You have left “{member.team}”.")
    return redirect("portal:teams")


@require_POST
@errors_shown_on(team_page)
def add_member(request: SignedInRequest, pk: int) -> HttpResponse:
    team = _managed(request, pk)
    form = MemberForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Give the user name of the person to add.")
    member = team_services.add_member(
        team=team, username=form.cleaned_data["person"], manages=form.cleaned_data["manages"]
    )
    messages.success(request, f"{member.person} is a member of “{team}”.")
    return redirect(team)


@require_POST
@errors_shown_on(_team_instead)
def change_member(request: SignedInRequest, pk: int, member: int) -> HttpResponse:
    """Let a member manage the team or not any more, or remove the member, as the button said."""
    team = _managed(request, pk)
    changed = get_object_or_404(team.memberships.select_related("person"), pk=member)
    change = request.POST.get("change", "")
    if change == "remove":
        team_services.remove_member(member=changed)
        messages.success(request, f"{changed.person} is no longer a member of “{team}”.")
    elif change in {"manages", "member"}:
        team_services.set_manages(member=changed, manages=change == "manages")
        may = "manages" if changed.manages else "no longer manages"
        messages.success(request, f"{changed.person} {may} “{team}”.")
    else:
        raise InvalidInput("Say what to change: manages, member or remove.")
    still = Team.objects.for_user(request.user).filter(pk=pk).exists()
    return redirect(team) if still else redirect("portal:teams")


def _managed(request: SignedInRequest, pk: int) -> Team:
    return get_object_or_404(Team.objects.managed_by(request.user), pk=pk)
