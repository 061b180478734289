/// Which build this is.
package enum BuildInfo {
    package static let version = "0.1.0"

    static func write(to text: inout PrometheusText) {
        text.begin("parallax_build_info", .gauge, help: "Always 1; the labels say which build this is.")
        text.sample("parallax_build_info", ["version": version], 1)
    }
}
