/* Grammar of HTTP fields, see syntax.h. */
#include "http/syntax.h"

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c;
}

static bool
is_token(uint8_t c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z') ||
	    (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

bool
syntax_token(struct span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!is_token(s.ptr[i]))
			return false;
	return s.len > 0;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

struct span
syntax_trim(struct span s)
{
	while (s.len > 0 && is_blank(s.ptr[s.len - 1]))
		s.len--;
	while (s.len > 0 && is_blank(s.ptr[0]))
		s = span_of(s.ptr + 1, s.len - 1);
	return s;
}

bool
syntax_begins(struct span s, const char *text)
{
	size_t i, len = strlen(text);

	if (s.len < len)
		return false;
	for (i = 0; i < len; i++)
		if (lower(s.ptr[i]) != lower((uint8_t)text[i]))
			return false;
	return true;
}

bool
syntax_same(struct span s, const char *text)
{
	return s.len == strlen(text) && syntax_begins(s, text);
}

/* Octets in front of a separator that stands outside of quotes. */
static size_t
until(struct span s, uint8_t separator)
{
	bool quoted = false;
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (quoted && s.ptr[i] == '\\')
			i++;
		else if (s.ptr[i] == '"')
			quoted = !quoted;
		else if (!quoted && s.ptr[i] == separator)
			break;
	}
	return i < s.len ? i : s.len;
}

static bool
next(struct span *list, struct span *item, uint8_t separator)
{
	while (list->len > 0) {
		size_t n = until(*list, separator);
		size_t taken = n < list->len ? n + 1 : n;

		*item = syntax_trim(span_of(list->ptr, n));
		*list = span_of(list->ptr + taken, list->len - taken);
		if (item->len > 0)
			return true;
	}
	return false;
}

bool
syntax_next_item(struct span *list, struct span *item)
{
	return next(list, item, ',');
}

bool
syntax_next_part(struct span *element, struct span *part)
{
	return next(element, part, ';');
}

bool
syntax_parameter(struct span part, struct span *name, struct span *value)
{
	const uint8_t *equals =
	    part.len == 0 ? NULL : memchr(part.ptr, '=', part.len);
	struct span v;

	if (equals == NULL)
		return false;
	*name = span_of(part.ptr, (size_t)(equals - part.ptr));
	v = span_of(equals + 1, part.len - name->len - 1);
	if (v.len >= 2 && v.ptr[0] == '"' && v.ptr[v.len - 1] == '"') {
		*value = span_of(v.ptr + 1, v.len - 2);
		return syntax_token(*name) &&
		    (value->len == 0 ||
			memchr(value->ptr, '\\', value->len) == NULL);
	}
	*value = v;
	return syntax_token(*name) && syntax_token(v);
}
