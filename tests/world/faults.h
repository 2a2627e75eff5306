/* faults.h — what goes wrong, and when. Thread: main. */
#ifndef ATLAX_TESTS_WORLD_FAULTS_H
#define ATLAX_TESTS_WORLD_FAULTS_H

#include "base/defs.h"

void faults_begin(void);
/* What is due. True: something happened. */
bool faults_turn(void);
uint64_t faults_next_ns(void);
/* No more of them, and what can be mended is. */
void faults_stop(void);
/* How many there were, since the program began. */
uint64_t faults_count(void);

#endif
