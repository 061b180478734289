import Testing
@Test func nothingIntegration() {}
