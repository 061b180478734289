/// How a load balancer deals requests out to the instances of a fleet. The raw values are options of the command and keys
/// of its JSON: they never change.
package enum Balance: String, CaseIterable, Sendable {
    /// One instance after the other.
    case roundRobin = "round-robin"
    /// Any instance, each as likely as the next.
    case random
    /// Always the same instance for the same client: sticky sessions, or a hash of the address.
    case client
}
