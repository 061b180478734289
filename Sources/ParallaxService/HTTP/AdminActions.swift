package import Settings
package import FeatureFlags
package import ParallaxCore

/// What the admin routes can do. Its owner does it; the routes only check and translate.
package protocol AdminActions: Sendable {
    /// Both sides' standing of an identity, found out without consuming; `nil` for a side that was not asked.
    func standing(of request: CheckRequest) async -> Standing

    /// An organization's most refused identities, most first.
    func mostRefused(organization: String, limit: Int) async -> [MostRefused.Entry]

    /// Clears one identity in Redis and in the instances' memory.
    func reset(_ identity: Identity) async -> ResetReport

    /// Clears all identities of a scope in Redis and in the instances' memory.
    func resetAll(of scope: ResetScope) async -> ResetAllReport

    /// The flags in force.
    func flags() async -> HealthSnapshot.FlagFile

    /// Clears the latches of triggers that fired.
    ///
    /// - Throws: ``AcknowledgementRefusal`` where nothing waits, or it cannot be noted down.
    func acknowledge(by person: String, reason: String) async throws(AcknowledgementRefusal) -> AcknowledgedTriggers

    /// Begins a drill of the rollback: flips the flags as a rollback does.
    ///
    /// - Throws: ``DrillRefusal`` where it is no time for one.
    func beginDrill(by person: String, reason: String) async throws(DrillRefusal) -> DrillNote

    /// Ends the drill that this instance began, and tells what became of the flags.
    func endDrill() async throws(DrillRefusal) -> DrillEnd

    /// Keeps that the drill that ended went well, with what its caller saw.
    func recordDrill(
        appliedMilliseconds: Int64, restoredMilliseconds: Int64, instances: Int, heard: [String]
    ) async throws(DrillRefusal) -> RollbackDrill
}

/// An identity's standing on both sides.
package struct Standing: Equatable, Sendable {
    package let control: Decision?
    package let candidate: Decision?

    package init(control: Decision?, candidate: Decision?) {
        self.control = control
        self.candidate = candidate
    }
}

/// What clearing an identity came to.
package struct ResetReport: Equatable, Encodable, Sendable {
    /// Whether this instance's memory held anything.
    package let memory: Bool
    /// Whether Redis held anything; `nil` where it could not be asked.
    package let redis: Bool?
    /// Why Redis could not be asked.
    package let problem: String?

    package init(memory: Bool, redis: Bool?, problem: String? = nil) {
        self.memory = memory
        self.redis = redis
        self.problem = problem
    }
}

/// What was cleared of many identities.
package struct ResetAllReport: Equatable, Encodable, Sendable {
    /// Identities that this instance's memory held.
    package let memoryIdentities: Int
    /// Identities that Redis held; `nil` if not all could be cleared.
    package let redisIdentities: Int?
    /// Why not all could be cleared in Redis.
    package let problem: String?

    package init(memoryIdentities: Int, redisIdentities: Int?, problem: String? = nil) {
        self.memoryIdentities = memoryIdentities
        self.redisIdentities = redisIdentities
        self.problem = problem
    }
}

/// The triggers whose rollbacks were acknowledged.
package struct AcknowledgedTriggers: Equatable, Sendable {
    package let triggers: [Trigger]
    /// Until when nothing is rolled back automatically; `nil` if it can be at once.
    package let holdOffUntil: Timestamp?

    package init(triggers: [Trigger], holdOffUntil: Timestamp? = nil) {
        self.triggers = triggers
        self.holdOffUntil = holdOffUntil
    }
}

/// Why a rollback was not acknowledged.
package struct AcknowledgementRefusal: Error, Equatable {
    /// A sentence for the person who tried.
    package let reason: String

    package init(reason: String) {
        self.reason = reason
    }
}

/// The admin routes' key and what they open.
package struct AdminAccess: Sendable {
    let token: Replaceable<BearerToken>
    let actions: any AdminActions
    let policies: Replaceable<PolicyBook>

    package init(token: BearerToken, actions: any AdminActions, policies: PolicyBook) {
        self.token = Replaceable(token)
        self.actions = actions
        self.policies = Replaceable(policies)
    }
}
