import Testing
@Test func nothingParallaxService() {}
