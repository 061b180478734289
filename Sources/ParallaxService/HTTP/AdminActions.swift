import AdminAPI
import Settings
import FeatureFlags
import ParallaxCore

/// What the admin routes can do. Its owner does it; the routes only check and translate.
protocol AdminActions: Sendable {
    /// What is left of an identity's limits on both sides, found out without consuming.
    func limitStatus(of request: CheckRequest) async -> LimitStatus

    /// An organization's most refused identities, most first.
    func mostRefused(organization: String, limit: Int) async -> [MostRefusedAnswer.Entry]

    /// Clears one identity in Redis and in the instances' memory.
    func reset(_ identity: Identity) async -> ResetAnswer

    /// Clears all identities of a scope in Redis and in the instances' memory.
    func resetAll(of scope: ResetScope) async -> ResetAllAnswer

    /// The flags in force.
    func flags() async -> HealthReport.FlagFile

    /// Clears the latches of triggers that fired.
    ///
    /// - Throws: ``AcknowledgementRefusal`` if nothing waits, or it cannot be noted down.
    func acknowledge(by person: String, reason: String) async throws(AcknowledgementRefusal) -> AcknowledgementAnswer

    /// Begins a drill of the rollback: flips the flags as a rollback does.
    ///
    /// - Throws: ``DrillRefusal`` if no drill can begin now.
    func beginDrill(by person: String, reason: String) async throws(DrillRefusal) -> DrillNote

    /// Ends the drill that this instance began, and returns the state of the flags.
    func endDrill() async throws(DrillRefusal) -> DrillEnd

    /// Keeps that the drill that ended went well, with what its caller saw.
    func recordDrill(
        appliedMilliseconds: Int64, restoredMilliseconds: Int64, instances: Int, heard: [String]
    ) async throws(DrillRefusal) -> RollbackDrill
}

/// Why a rollback was not acknowledged.
struct AcknowledgementRefusal: Error, Equatable {
    /// A sentence for the person who tried.
    let reason: String
}

/// The admin routes' key and what they open.
struct AdminAccess: Sendable {
    let token: Replaceable<BearerToken>
    let actions: any AdminActions
    let policies: Replaceable<PolicyBook>

    init(token: BearerToken, actions: any AdminActions, policies: PolicyBook) {
        self.token = Replaceable(token)
        self.actions = actions
        self.policies = Replaceable(policies)
    }
}
