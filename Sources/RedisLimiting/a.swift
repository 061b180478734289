import CHiredis
import NIOPosix
import NIOSSL
import Logging
import ServiceLifecycle
package func x() -> Int { PackageResources.sliding_log_lua.count }
