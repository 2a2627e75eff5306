/* spare.h — what nobody on this machine uses of its processors: one thread more has
 * something to gain only where there is some. Thread: control.               */
#ifndef ATLAX_RELAY_SPARE_H
#define ATLAX_RELAY_SPARE_H

#include "base/err.h"

struct relay;
struct spare;

/* Fails: AX_E_NOMEM. */
AX_CHECKED int spare_begin(struct relay *r, struct err *e);
void spare_end(struct relay *r);
/* Of all processors together in the last second or two, in per cent of one; as if all
 * were idle where the kernel does not say.                                    */
unsigned spare_percent(const struct relay *r);

#endif
