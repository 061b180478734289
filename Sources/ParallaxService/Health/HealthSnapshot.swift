package import Settings
import FeatureFlags
package import ParallaxCore

/// How the parts of the service are at one moment, as plain facts. What follows from them is in `HealthVerdict`.
package struct HealthSnapshot: Equatable, Sendable {
    package var instance: String
    package var environment: DeploymentEnvironment
    package var flags: FlagFile
    package var redis: Redis
    package var recorder: Recorder
    package var triggers: [TriggerReading]
    package var memory: Memory
    /// `nil` where no refusals are kept.
    package var refusals: Refusals?
    /// What response times are compared with.
    package var baselines: [Baseline]
    package var waiting: Waiting
    /// `nil` if no clock stepped since the start.
    package var clock: Clock?
    /// Whether a rollback may take place, and if not, why.
    package var latch = RollbackLatch.State.armed
    /// The watch after a promotion; `nil` where there is none to tell of.
    package var watch: Watch?
    /// The drill under way or interrupted; `nil` where there is none.
    package var drill: Drill?
    /// `nil` where nobody looks for alerts.
    package var alerts: AlertHealth?
    /// Whether the instance was asked to end.
    package var isShuttingDown = false

    package init(
        instance: String, environment: DeploymentEnvironment, flags: FlagFile, redis: Redis, recorder: Recorder,
        triggers: [TriggerReading], memory: Memory, refusals: Refusals? = nil, baselines: [Baseline] = [],
        waiting: Waiting = Waiting()
    ) {
        self.instance = instance
        self.environment = environment
        self.flags = flags
        self.redis = redis
        self.recorder = recorder
        self.triggers = triggers
        self.memory = memory
        self.refusals = refusals
        self.baselines = baselines
        self.waiting = waiting
    }

    package var strategy: Strategy { flags.values.strategy }

    /// The flag file and what it says.
    package struct FlagFile: Equatable, Sendable {
        /// The values in force: the last good ones.
        package var values: FlagValues
        /// Whether a valid reading was ever had.
        package var isLoaded: Bool
        /// What is wrong with the file as it is now; `nil` where nothing is.
        package var problem: String?
        /// Whether a rollback that is not in the file holds this instance, and no other, at `legacy`.
        package var isHeldAtLegacy = false
        /// Why the file cannot be written, so that a rollback would not reach it; `nil` if it can.
        package var writeProblem: String?
        /// Readings that were no valid flags since the start.
        package var invalidReads: Int
        /// The SHA-256 of the content that is applied; `nil` where none was ever read.
        package var contentHash: String?

        package init(
            values: FlagValues, isLoaded: Bool, problem: String? = nil, writeProblem: String? = nil,
            invalidReads: Int = 0, contentHash: String? = nil
        ) {
            self.writeProblem = writeProblem
            self.contentHash = contentHash
            self.values = values
            self.isLoaded = isLoaded
            self.problem = problem
            self.invalidReads = invalidReads
        }
    }

    package struct Redis: Equatable, Sendable {
        /// Something that is wrong with a server that answers.
        package struct Concern: Equatable, Sendable {
            package let sentence: String
            /// Whether a person should look now: it makes the service degraded.
            package let isUrgent: Bool

            package init(sentence: String, isUrgent: Bool) {
                self.sentence = sentence
                self.isUrgent = isUrgent
            }
        }

        package enum State: String, CaseIterable, Sendable {
            case healthy
            case unhealthy
            /// Not probed yet.
            case unknown
        }

        /// Of the circuit breaker.
        package enum Breaker: String, CaseIterable, Sendable {
            case closed
            case halfOpen = "half_open"
            case open
        }

        package var state: State
        package var breaker: Breaker
        /// Whether it answered at least once since the start.
        package var hasAnswered: Bool
        /// Whether it is a private server of this instance, which shares no limits.
        package var isEmbedded: Bool
        package var roundTripMilliseconds: Double?
        /// Since when there was no good run, in seconds; `nil` while healthy.
        package var downSeconds: Double?
        /// What went wrong last, without address or password.
        package var problem: String?
        /// Whether callers get decisions although probes fail.
        package var isDeciding: Bool
        /// Connections that failed or were lost since the start.
        package var connectionFailures: Int
        /// Values under keys of the limiter that no release wrote and that were replaced, since the start.
        package var replacedForeignValues: Int
        /// Why resets at other instances do not reach this one's memory; `nil` if they do, or need not.
        package var resetsProblem: String?
        /// What is wrong with a server that answers.
        package var concerns: [Concern]
        /// The servers behind the address; `nil` where it names one.
        package var topology: Topology?

        package init(
            state: State, breaker: Breaker = .closed, hasAnswered: Bool, isEmbedded: Bool = false,
            roundTripMilliseconds: Double? = nil, downSeconds: Double? = nil,
            problem: String? = nil, isDeciding: Bool = false, connectionFailures: Int = 0,
            replacedForeignValues: Int = 0, resetsProblem: String? = nil, concerns: [Concern] = [],
            topology: Topology? = nil
        ) {
            self.state = state
            self.breaker = breaker
            self.hasAnswered = hasAnswered
            self.isEmbedded = isEmbedded
            self.roundTripMilliseconds = roundTripMilliseconds
            self.downSeconds = downSeconds
            self.problem = problem
            self.isDeciding = isDeciding
            self.connectionFailures = connectionFailures
            self.replacedForeignValues = replacedForeignValues
            self.resetsProblem = resetsProblem
            self.concerns = concerns
            self.topology = topology
        }
    }

    package struct Recorder: Equatable, Sendable {
        /// Comparisons waiting to be written, and how many may.
        package var pending: Int
        package var capacity: Int
        /// Comparisons written since the start.
        package var written: Int
        /// Comparisons that could not be recorded since the start, by reason.
        package var dropped: [String: Int]
        /// Bytes that the records take; `nil` where it is not known, or there is no bound.
        package var usedBytes: Int?
        /// The most that they may take; `nil` for no bound.
        package var maximumBytes: Int?
        /// From when on records are kept, where the bound of bytes has made older ones go.
        package var keptSince: Timestamp?
        /// What keeps it from writing now; `nil` where nothing does.
        package var problem: String?

        package init(
            pending: Int = 0, capacity: Int, written: Int = 0, dropped: [String: Int] = [:], usedBytes: Int? = nil,
            maximumBytes: Int? = nil, keptSince: Timestamp? = nil, problem: String? = nil
        ) {
            self.pending = pending
            self.capacity = capacity
            self.written = written
            self.dropped = dropped
            self.usedBytes = usedBytes
            self.maximumBytes = maximumBytes
            self.keptSince = keptSince
            self.problem = problem
        }
    }

    package struct TriggerReading: Equatable, Sendable {
        package var trigger: Trigger
        package var state: TriggerState
        /// Whether it fired and nobody has acknowledged that yet.
        package var isLatched: Bool
        package var isDryRun: Bool
        /// Whether it could fire were something wrong. If not, the sentence says what is missing.
        package var isArmed: Bool
        /// Whether it would fire, if other evidence did not show that a rollback would not help.
        package var isHeldBack: Bool
        /// The last verdict as a sentence.
        package var sentence: String?

        package init(
            trigger: Trigger, state: TriggerState, isLatched: Bool = false, isDryRun: Bool = false,
            isArmed: Bool = true, isHeldBack: Bool = false, sentence: String? = nil
        ) {
            self.trigger = trigger
            self.state = state
            self.isLatched = isLatched
            self.isDryRun = isDryRun
            self.isArmed = isArmed
            self.isHeldBack = isHeldBack
            self.sentence = sentence
        }
    }

    /// What one source's response times are compared with.
    package struct Baseline: Equatable, Sendable {
        package var source: ResponseTimeSource
        package var state: ParallaxCore.Baseline.State
        /// Whether it can be how long callers wait without Redis.
        package var isPlausible: Bool

        package init(source: ResponseTimeSource, state: ParallaxCore.Baseline.State, isPlausible: Bool = true) {
            self.source = source
            self.state = state
            self.isPlausible = isPlausible
        }
    }

    /// Callers who wait for the candidate at this moment.
    package struct Waiting: Equatable, Sendable {
        package var callers: Int
        /// Those of which it is not known since when.
        package var untracked: Int

        package init(callers: Int = 0, untracked: Int = 0) {
            self.callers = callers
            self.untracked = untracked
        }
    }

    /// The limiter in memory.
    package struct Memory: Equatable, Sendable {
        package var identities: Int
        package var bytes: Int
        /// Identities dropped to stay within the bounds, since the start.
        package var evictions: Int

        package init(identities: Int = 0, bytes: Int = 0, evictions: Int = 0) {
            self.identities = identities
            self.bytes = bytes
            self.evictions = evictions
        }
    }

    /// The refusals of Redis that this instance keeps.
    package struct Refusals: Equatable, Sendable {
        /// Whether resets are being heard of, so that refusals may be repeated.
        package var isInUse: Bool
        package var identities: Int
        /// Identities dropped to stay within the bound, since the start.
        package var evictions: Int
        /// Requests refused without asking Redis, since the start.
        package var repeated: Int

        package init(isInUse: Bool, identities: Int = 0, evictions: Int = 0, repeated: Int = 0) {
            self.isInUse = isInUse
            self.identities = identities
            self.evictions = evictions
            self.repeated = repeated
        }
    }
}
