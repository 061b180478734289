import HTTPTypes

/// The headers that callers and gateways know.
extension HTTPField.Name {
    static let rateLimitLimit = HTTPField.Name("X-RateLimit-Limit")!
    static let rateLimitRemaining = HTTPField.Name("X-RateLimit-Remaining")!
    static let rateLimitReset = HTTPField.Name("X-RateLimit-Reset")!
    static let rateLimitType = HTTPField.Name("X-RateLimit-Type")!
    static let rateLimitBackend = HTTPField.Name("X-Rate-Limit-Backend")!
    static let rateLimitStatus = HTTPField.Name("X-Rate-Limit-Status")!
    static let apiKey = HTTPField.Name("X-API-Key")!
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
    /// Set by the connection's handler, if bytes of the request's head were not UTF-8 and the decoder replaced them.
    static let notUTF8 = HTTPField.Name("X-Parallax-Not-UTF-8")!
}
