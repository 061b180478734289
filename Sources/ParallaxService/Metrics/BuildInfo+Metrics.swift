import ParallaxCore

extension BuildInfo {
    static func write(to text: inout PrometheusText) {
        text.begin("parallax_build_info", .gauge, help: "Always 1; the labels say which build this is.")
        text.sample("parallax_build_info", ["version": version], 1)
    }
}
