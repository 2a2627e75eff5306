/* sink.h — where the programs of the world log to. */
#ifndef ATLAX_TESTS_WORLD_SINK_H
#define ATLAX_TESTS_WORLD_SINK_H

#include "log/log.h"

extern struct log_sink *sink;

#endif
