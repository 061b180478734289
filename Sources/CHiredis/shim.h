/* hiredis as a codec: the reply parser (redisReader) and the command formatter (redisFormatCommandArgv). */
#ifndef PARALLAX_CHIREDIS_SHIM_H
#define PARALLAX_CHIREDIS_SHIM_H

#include <hiredis/hiredis.h>
#include <hiredis/read.h>

#endif
