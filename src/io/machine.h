/* machine.h — what the machine has to offer. Thread: any.                     */
#ifndef ATLAX_IO_MACHINE_H
#define ATLAX_IO_MACHINE_H

#include "base/defs.h"

/* Bytes of memory that this process may use: the machine's, or less where its
 * control group (version 2) or one above it says so.                         */
uint64_t machine_memory(void);

#endif
