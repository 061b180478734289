/// How to reach Redis, how long to wait for it, and when to stop asking.
package struct RedisSettings: Equatable, Sendable {
    package var url: RedisURL
    /// What every key and the channel of this deployment begin with.
    package var keyPrefix: String
    /// The most time to connect and log in.
    package var connectionTimeout: Duration
    /// The socket time-out: a connection on which a command waits longer is given up.
    package var socketTimeout: Duration
    /// The most connections at once, 2 or more: one of them may listen for resets.
    package var maximumConnections: Int
    /// The most time a decision waits for its answer.
    package var decisionTimeout: Duration
    /// The most decisions of one identity on their way at once, 1 or more; others of it wait for a turn.
    package var maximumInFlightPerIdentity: Int
    /// The most commands that wait on one connection; what comes on top is skipped.
    package var maximumPendingCommands: Int
    /// Commands waiting on the least busy connection from which on another connection is opened.
    package var growthThreshold: Int
    /// The waits between attempts to connect: doubled from the shortest to the longest, with jitter.
    package var reconnectDelays: ClosedRange<Duration>
    package var breaker: BreakerSettings
    /// A file of certificates in PEM that are trusted instead of the system's; for servers with a private authority.
    package var trustedCertificatesFile: String?
    /// What this client proves its own name with; for servers that ask for it.
    package var clientCertificate: ClientCertificate?
    /// The most identities whose refusals are kept and repeated without asking Redis; 0 keeps none.
    package var refusalCacheIdentities: Int
    /// How often the subscription to resets must prove that it is alive while refusals are kept.
    package var resetHeartbeat: Duration
    /// The time between looks for the primaries of several servers while nothing is wrong; `nil` for what suits the kind.
    package var topologyInterval: Duration?

    package init(
        url: RedisURL = .local,
        keyPrefix: String = "",
        connectionTimeout: Duration = .seconds(5),
        socketTimeout: Duration = .seconds(10),
        maximumConnections: Int = 20,
        decisionTimeout: Duration = .milliseconds(250),
        maximumInFlightPerIdentity: Int = 32,
        maximumPendingCommands: Int = 4096,
        growthThreshold: Int = 512,
        reconnectDelays: ClosedRange<Duration> = .milliseconds(50) ... .seconds(2),
        breaker: BreakerSettings = BreakerSettings(),
        trustedCertificatesFile: String? = nil,
        clientCertificate: ClientCertificate? = nil,
        refusalCacheIdentities: Int = 0,
        resetHeartbeat: Duration = .seconds(1),
        topologyInterval: Duration? = nil
    ) {
        precondition(maximumConnections >= 2, "Redis needs at least 2 connections: one of them may listen for resets")
        precondition(maximumPendingCommands >= 1, "at least one command must be allowed to wait on a connection")
        self.url = url
        self.keyPrefix = keyPrefix
        self.connectionTimeout = connectionTimeout
        self.socketTimeout = socketTimeout
        self.maximumConnections = maximumConnections
        self.decisionTimeout = decisionTimeout
        self.maximumInFlightPerIdentity = maximumInFlightPerIdentity
        self.maximumPendingCommands = maximumPendingCommands
        self.growthThreshold = growthThreshold
        self.reconnectDelays = reconnectDelays
        self.breaker = breaker
        self.trustedCertificatesFile = trustedCertificatesFile
        self.clientCertificate = clientCertificate
        self.refusalCacheIdentities = refusalCacheIdentities
        self.resetHeartbeat = resetHeartbeat
        self.topologyInterval = topologyInterval
    }

    /// The keys and the channel of this deployment.
    package var keyspace: RedisKeyspace { RedisKeyspace(prefix: keyPrefix, database: url.database) }
}
