"""A stand-in CVAT server: what the tests talk to and what a newcomer tries the portal on.

It imports nothing of the product. What it copies is in the facts about CVAT ("api-facts" in
comments); what it holds is a `standin.world.World`.
"""
