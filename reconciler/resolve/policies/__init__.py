"""Envoy Gateway's policies: one engine for what they are attached to, whatever their kind.

A kind of policy is a model whose spec is a `PolicySpec` (`reconciler.manifests.policy_targets`), with `policy = True`;
one row of `kinds.POLICY_KINDS`; and the module which that row names, in this package, with the functions

    resolve(effective: Effective, world: World) -> Outcome
        What a policy comes to, once for each policy and each pair that is merged. `effective.spec` is the spec that
        counts. References in it are resolved in the namespace of `effective.owner(*path)`. `Outcome.settings` is the
        kind's own IR (`reconciler.ir.traffic` and its neighbours), a problem that is `fatal` makes all requests that
        the policy covers be answered with 500. Problems are reported by the engine, with the policy and its file.
    govern(rule: ir.Rule, settings) -> ir.Rule
        A rule of an HTTPRoute or GRPCRoute under that IR.
    govern_l4(unit: ir.L4Unit, settings) -> ir.L4Unit
        The same for TLSRoutes, TCPRoutes and UDPRoutes, if the row's `routes` name any.

Kinds about listeners (no `routes` in their row) have `resolve` alone; whoever makes the listeners asks for the IR:

    world.policies.of_listener("ClientTrafficPolicy", parent.key, listener.name) -> Outcome | None

Where a rule or connection is concerned, `routes.resolve_route` asks for all kinds at once (`governing.variants`):

    world.policies.in_force(kind, route, rule, listener) -> Outcome | None

`world.policies` is None where the repository has none, so that they cost nothing there.

The most specific policy wins as a whole: one of a rule (`sectionName` is the rule's name), of a route, of a listener of
a ListenerSet, of the ListenerSet, of a listener of the Gateway (for that Gateway's own listeners), of the Gateway. One
with `mergeType` is merged into the closest of those above routes. Of several for exactly the same the oldest wins, then
the first by namespace and name; the others are `Conflicted`.

A route that is attached to several listeners with different policies becomes several units (`ResolvedRoute.units`),
each with its own placements. They have the same names as in Envoy Gateway; only where the clusters of a rule have to
differ within one fleet, those under a policy are named after it (`…/policy/<namespace>/<name>`).
"""
