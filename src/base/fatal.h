/*
 * The end of a process: broken invariants and no memory (house rule: the
 * journal makes that safe). Allocation that cannot fail.
 */
#ifndef BASE_FATAL_H
#define BASE_FATAL_H

#include <stddef.h>

/* Not one of what verbs return: who starts us again need not look first. */
#define FATAL_STATUS 70
/* Logs the message as an alarm and ends the process with FATAL_STATUS. */
_Noreturn void fatal(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* Like fatal(), with the text of errno appended. */
_Noreturn void fatal_errno(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* Zeroed memory; never NULL. */
void *memory_new(size_t size);
void *memory_array(size_t count, size_t size);
void *memory_copy(const void *from, size_t size);
char *memory_text(const char *text);

#endif
