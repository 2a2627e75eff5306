/* counters.h — what has been counted goes on in the process that takes over, so that
 * sums and alerts do not see a beginning that was none. By name: what is not in the
 * new configuration is forgotten.
 * Thread: control, while workers stand still; boot.                          */
#ifndef ATLAX_RELAY_COUNTERS_H
#define ATLAX_RELAY_COUNTERS_H

#include "base/frost.h"
#include "relay/control.h"

void counters_frost(struct relay *r, struct frost *f);

#endif
