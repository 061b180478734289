/// How the lines of an access log are written. The raw values are the command's options.
package enum LogFormat: String, CaseIterable, Sendable {
    /// Each line by how it begins: `{` for JSON, anything else for the common format and its extensions.
    case auto
    /// The combined format of Apache and nginx, or any other that extends the common one to the right.
    case combined
    /// The common format. What follows the status is left unread, so that it is read as the combined one is.
    case common
    /// One JSON object a line, as Caddy, Traefik and many others write it.
    case json
}
