/* process.h — what this process shows of itself. Thread: boot.                */
#ifndef ATLAX_IO_PROCESS_H
#define ATLAX_IO_PROCESS_H

/* For who is to have a private key in memory: no core dump from here on, and
 * nobody but root may attach a debugger or look at memory, descriptors and links
 * below /proc/PID. What this process executes begins anew: it has to ask again. */
void process_hide(void);

#endif
