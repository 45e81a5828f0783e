/* The end of a process, and allocation that cannot fail; see fatal.h. */
#include "base/fatal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

void
fatal(const char *format, ...)
{
	char text[300], plain[300];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_alarm(
	    "fatal", "text=\"%s\"", log_value(plain, sizeof(plain), text));
	exit(FATAL_STATUS);
}

void
fatal_errno(const char *format, ...)
{
	int error = errno;
	char text[300];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	fatal("%s: %s", text, strerror(error));
}

void *
memory_new(size_t size)
{
	return memory_array(1, size);
}

void *
memory_array(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size > 0 ? size : 1);

	if (p == NULL)
		fatal("out of memory");
	return p;
}

void *
memory_copy(const void *from, size_t size)
{
	void *p = memory_new(size);

	if (size > 0)
		memcpy(p, from, size);
	return p;
}

char *
memory_text(const char *text)
{
	return memory_copy(text, strlen(text) + 1);
}
