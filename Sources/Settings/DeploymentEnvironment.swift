/// Where an instance runs. It picks the configuration file laid over the base, the limits, and what is allowed at all.
package enum DeploymentEnvironment: String, CaseIterable, Codable, Sendable {
    case development
    case staging
    /// Fails closed whatever the flags say, and refuses settings that are only for trying things out.
    case production
}
