import GRDB
import Crypto
package func x() -> Int { PackageResources._001_initial_sql.count }
