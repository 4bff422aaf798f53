"""Pages of recipes and their rounds."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST, require_safe

from portal.exceptions import InvalidInput
from portal.pages import errors_shown_on
from portal.paging import ListPaginator
from portal.signed_in import SignedInRequest
from selections import page_queries, services
from selections.forms import HandOverForm, ShareForm
from selections.models import Notice, Recipe, RecipeNotices, RecipeShare, Selection
from selections.recipe_forms import NoticesForm, RecipeForm, RecipeSearchForm, ScheduleForm
from selections.views.saved import detail_page
from selections.views.sharing import read_share
from selector.models import SavedSearch

RECIPES_PER_PAGE = 50
ROUNDS_PER_PAGE = 50
NOTICES_SHOWN = 20
NAME_NEEDED = "A recipe needs a name of at most 180 characters."


@require_safe
def recipe_list(request: SignedInRequest) -> HttpResponse:
    recipes = Recipe.objects.for_user(request.user).select_related("owner").with_rounds()
    recipes = recipes.order_by("name", "pk")  # Django orders no groups by Meta.ordering
    page = ListPaginator(recipes, RECIPES_PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "selections/recipes.html", {"page": page})


@require_safe
def recipe(request: SignedInRequest, pk: int) -> HttpResponse:
    return recipe_page(request, pk)


def recipe_page(request: SignedInRequest, pk: int) -> HttpResponse:
    return _page(request, pk)


def _page(request: SignedInRequest, pk: int, *, new_secret: str = "") -> HttpResponse:
    shown = _visible(request, pk)
    is_mine = shown.owner_id == request.user.pk
    notices = RecipeNotices.of(shown) if is_mine else RecipeNotices()
    rounds = Selection.objects.for_user(request.user).rounds_of(shown).with_counts()
    draw = shown.get_draw()
    searches = services.searches_for(shown) if is_mine else SavedSearch.objects.none()
    typed = request.POST.dict()  # when the page tells an error
    context = {
        "recipe": shown,
        "is_mine": is_mine,
        "sharing": (sharing := page_queries.sharing(request.user, shown)),
        "share_form": ShareForm(initial=typed, teams=sharing.teams),
        "zone": timezone.get_default_timezone_name(),
        "draw": draw,
        "search": searches.filter(pk=draw.saved_search or 0).first(),
        "search_form": RecipeSearchForm(
            initial={"saved_search": draw.saved_search}, searches=searches
        ),
        "page": ListPaginator(rounds, ROUNDS_PER_PAGE).get_page(request.GET.get("page")),
        "own_connection": services.usable_connection(request.user, shown),
        "schedule": ScheduleForm(instance=shown),
        "hand_over_form": HandOverForm(initial=typed),
        "notices": NoticesForm(
            initial={"by_mail": notices.by_mail, "webhook_url": notices.webhook_url} | typed
        ),
        "mail_problem": services.mail_problem(shown),
        "new_secret": new_secret,
        "sent_notices": Notice.objects.for_user(request.user).filter(recipe=shown)[:NOTICES_SHOWN],
        "describe": RecipeForm(initial={"name": shown.name, "note": shown.note}),
    }
    return render(request, "selections/recipe.html", context)


@require_POST
@errors_shown_on(detail_page)
def save_as_recipe(request: SignedInRequest, pk: int) -> HttpResponse:
    selection = get_object_or_404(Selection.objects.owned_by(request.user), pk=pk)
    form = RecipeForm(request.POST)
    if not form.is_valid():
        raise InvalidInput(NAME_NEEDED)
    saved = services.save_as_recipe(user=request.user, selection=selection, **form.cleaned_data)
    messages.success(request, f"“{saved}” is a recipe now. Draw its next round when you need it.")
    return redirect(saved)


@require_POST
@errors_shown_on(recipe_page)
def next_round(request: SignedInRequest, pk: int) -> HttpResponse:
    drawn = services.draw_next_round(user=request.user, recipe=_editable(request, pk))
    messages.success(request, drawn.text)
    return redirect(drawn.selection)


@require_POST
@errors_shown_on(recipe_page)
def describe(request: SignedInRequest, pk: int) -> HttpResponse:
    form = RecipeForm(request.POST)
    changed = _editable(request, pk)
    if not form.is_valid():
        raise InvalidInput(NAME_NEEDED)
    services.update_recipe(recipe=changed, **form.cleaned_data)
    messages.success(request, "Name and note are saved.")
    return redirect(changed)


@require_POST
@errors_shown_on(recipe_page)
def schedule(request: SignedInRequest, pk: int) -> HttpResponse:
    changed = _own(request, pk)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Choose how often, on which day and at which hour.")
    services.update_recipe(recipe=changed, **form.cleaned_data)
    text = changed.get_schedule().text
    said = f"Rounds are drawn {text}." if text else "Rounds are drawn only when you ask for them."
    messages.success(request, said)
    return redirect(changed)


@require_POST
@errors_shown_on(recipe_page)
def change_search(request: SignedInRequest, pk: int) -> HttpResponse:
    """Draw the next rounds from the tasks of another saved search."""
    changed = _own(request, pk)
    form = RecipeSearchForm(request.POST, searches=services.searches_for(changed))
    if not form.is_valid():
        raise InvalidInput("Choose one of your saved searches for this CVAT server.")
    search = form.cleaned_data["saved_search"]
    services.update_recipe(recipe=changed, saved_search=search.pk)
    messages.success(request, f"The next rounds are drawn from the tasks of “{search}”.")
    return redirect(changed)


@sensitive_variables("new_secret")
@require_POST
@errors_shown_on(recipe_page)
def notices(request: SignedInRequest, pk: int) -> HttpResponse:
    form = NoticesForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Type an address of at most 1,000 characters, or none.")
    new_secret = services.set_notices(recipe=_own(request, pk), **form.cleaned_data)
    if new_secret:  # shown on this answer alone: in no message, which is stored
        return _page(request, pk, new_secret=new_secret)
    messages.success(request, "Where notices are sent is saved.")
    return redirect("selections:recipe", pk)


@require_POST
@errors_shown_on(recipe_page)
def hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    form = HandOverForm(request.POST)
    if not form.is_valid():
        raise InvalidInput("Give the user name of the new owner.")
    given = _own(request, pk)
    owner = services.give_recipe(user=request.user, recipe=given, to=form.cleaned_data["to"])
    messages.success(
        request, f"The recipe “{given}” belongs to {owner} now. Its rounds stay yours."
    )
    return redirect("selections:recipes")


@require_POST
@errors_shown_on(recipe_page)
def copy(request: SignedInRequest, pk: int) -> HttpResponse:
    copied = services.copy_recipe(user=request.user, recipe=_visible(request, pk))
    messages.success(request, f"“{copied}” is a recipe of your own. Its rounds are yours alone.")
    return redirect(copied)


@require_POST
@errors_shown_on(recipe_page)
def add_share(request: SignedInRequest, pk: int) -> HttpResponse:
    """Share with a person or a team, or change what they may do."""
    shared = _own(request, pk)
    share = services.share_recipe(user=request.user, recipe=shared, **read_share(request))
    may = "change and draw" if share.may_edit else "read and copy"
    messages.success(request, f"{share.with_whom} may {may} this recipe now.")
    return redirect(shared)


@require_POST
def remove_share(request: SignedInRequest, pk: int, share: int) -> HttpResponse:
    shared = _visible(request, pk)
    removable = RecipeShare.objects.removable_by(request.user).select_related("person", "team")
    removed = get_object_or_404(removable, pk=share, recipe=shared)
    services.stop_sharing(share=removed)
    if shared.owner_id == request.user.pk:
        messages.success(request, f"The recipe is no longer shared with {removed.with_whom}.")
        return redirect(shared)
    messages.success(request, f"“{shared}” is no longer shared with you in person.")
    return redirect("selections:recipes")


@require_POST
def delete(request: SignedInRequest, pk: int) -> HttpResponse:
    deleted = _own(request, pk)
    services.delete_recipe(recipe=deleted)
    messages.success(request, f"The recipe “{deleted}” is deleted. Its rounds are kept.")
    return redirect("selections:recipes")


def _visible(request: SignedInRequest, pk: int) -> Recipe:
    visible = Recipe.objects.for_user(request.user).with_may_edit(request.user)
    return get_object_or_404(visible.select_related("owner"), pk=pk)


def _editable(request: SignedInRequest, pk: int) -> Recipe:
    editable = Recipe.objects.editable_by(request.user).select_related("owner")
    return get_object_or_404(editable, pk=pk)


def _own(request: SignedInRequest, pk: int) -> Recipe:
    return get_object_or_404(Recipe.objects.owned_by(request.user), pk=pk)
