/* program.h — the programs that atlax executes. Thread: the only one. */
#ifndef ATLAX_CMD_PROGRAM_H
#define ATLAX_CMD_PROGRAM_H

/* Becomes the program, found beside ourselves, in SBINDIR or in PATH. Returns,
 * with an exit status and after a sentence, only if that cannot be.          */
int program_execute(const char *program, char **argv);

#endif
