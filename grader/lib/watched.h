/* Goes before each source that is built with a sanitizer: who uses these words keeps a part of the program from being
 * watched, and does not compile. */
#pragma GCC poison no_sanitize __no_sanitize__ no_sanitize_address __no_sanitize_address__
#pragma GCC poison no_sanitize_thread __no_sanitize_thread__ no_sanitize_undefined __no_sanitize_undefined__
#pragma GCC poison no_address_safety_analysis __no_address_safety_analysis__
