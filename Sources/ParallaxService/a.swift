import Hummingbird
import Configuration
package func y() {}
