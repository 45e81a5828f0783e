/* Where devices say that their MASA is, see masa_url.h. */
#include "model/masa_url.h"

#include "base/config.h"
#include "base/text.h"

static bool
host_valid(struct span host)
{
	size_t i, label = 0;

	if (host.len == 0 || host.len > 253)
		return false;
	for (i = 0; i < host.len; i++) {
		uint8_t ch = host.ptr[i];

		if (ch == '.') {
			if (label == 0 || host.ptr[i - 1] == '-')
				return false;
			label = 0;
			continue;
		}
		if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
			(ch >= '0' && ch <= '9') || (ch == '-' && label > 0)) ||
		    ++label > 63)
			return false;
	}
	return label > 0 && host.ptr[host.len - 1] != '-';
}

static bool
port_valid(struct span port)
{
	unsigned value = 0;
	size_t i;

	if (port.len == 0 || port.len > 5 || port.ptr[0] == '0')
		return false;
	for (i = 0; i < port.len; i++) {
		if (port.ptr[i] < '0' || port.ptr[i] > '9')
			return false;
		value = value * 10 + (unsigned)(port.ptr[i] - '0');
	}
	return value <= 65535;
}

/* The part of a full URI behind the scheme and before the path, which *path gets;
 * all of what is no URI. */
static struct span
authority_of(struct span text, struct span *path)
{
	const uint8_t *slash;

	*path = span_of(NULL, 0);
	if (text.len <= 8 || memcmp(text.ptr, "https://", 8) != 0)
		return text;
	text = span_of(text.ptr + 8, text.len - 8);
	slash = memchr(text.ptr, '/', text.len);
	if (slash == NULL)
		return text;
	*path = span_of(slash, (size_t)(text.ptr + text.len - slash));
	return span_of(text.ptr, text.len - path->len);
}

bool
masa_url_valid(struct span text)
{
	const uint8_t *colon;
	struct span host, path, port = { NULL, 0 };
	size_t i;

	if (text.len > MASA_URL_MAX)
		return false;
	for (i = 0; i < text.len; i++)
		if (text.ptr[i] <= 0x20 || text.ptr[i] > 0x7e)
			return false;
	host = authority_of(text, &path);
	colon = host.len == 0 ? NULL : memchr(host.ptr, ':', host.len);
	if (colon != NULL) {
		port = span_of(
		    colon + 1, (size_t)(host.ptr + host.len - colon - 1));
		host.len = (size_t)(colon - host.ptr);
		if (!port_valid(port))
			return false;
	}
	return host_valid(host);
}

bool
masa_url_servable(struct span text)
{
	struct span path;

	(void)authority_of(text, &path);
	return path.len == 0 || (path.len < CONFIG_VALUE && text_path(path));
}

bool
masa_url_authority(struct span text, char out[MASA_URL_MAX + 1])
{
	struct span path;
	size_t i;

	if (!masa_url_valid(text))
		return false;
	text = authority_of(text, &path);
	if (text.len > 4 && memcmp(text.ptr + text.len - 4, ":443", 4) == 0)
		text.len -= 4;
	if (!text_copy(out, MASA_URL_MAX + 1, text))
		return false;
	for (i = 0; out[i] != '\0'; i++)
		if (out[i] >= 'A' && out[i] <= 'Z')
			out[i] = (char)(out[i] - 'A' + 'a');
	return true;
}

/* The next one of a list, without blanks; false at its end. */
static bool
name_next(const char **list, struct span *out)
{
	const char *at = *list, *end;

	if (at == NULL || *at == '\0')
		return false;
	end = strchrnul(at, ',');
	*list = *end == ',' ? end + 1 : NULL;
	while (at < end && *at == ' ')
		at++;
	while (end > at && end[-1] == ' ')
		end--;
	*out = span_of(at, (size_t)(end - at));
	return true;
}

bool
masa_names_valid(const char *list)
{
	char name[MASA_URL_MAX + 1];
	struct span one;

	while (name_next(&list, &one))
		if (memchr(one.ptr, '/', one.len) != NULL ||
		    !masa_url_authority(one, name))
			return false;
	return true;
}

bool
masa_name_listed(const char *list, const char *name)
{
	char other[MASA_URL_MAX + 1];
	struct span one;

	while (name_next(&list, &one))
		if (masa_url_authority(one, other) && strcmp(other, name) == 0)
			return true;
	return false;
}
