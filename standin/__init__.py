"""A stand-in CVAT server: what the tests talk to and what a newcomer tries the portal on.

It imports nothing of the product. What it copies is in docs/cvat-api.md ("cvat-api 7.3" in
comments); it is held to that by recordings of a real server and by the official client.

    world = World()                      # or sample_world()
    world.add_user("alice")
    task = world.add_task("drive", owner="alice", count=40, segment_size=10, overlap=2)
    with StandIn(world, throttle=None) as standin:
        standin.faults.fail("type=chunk", status=502, times=1)
        standin.costs = Costs.measured()
        ... standin.url, standin.requests, world.original_bytes(task.id, 3)
"""
