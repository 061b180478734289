import Testing
@Test func nothingParallaxCore() {}
