"""Types of requests by signed-in users, whose `user` is a User."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.http import HttpRequest
from rest_framework.request import Request


class SignedInRequest(HttpRequest):
    user: User


class SignedInApiRequest(Request):
    user: User
