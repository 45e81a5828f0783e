/* Where devices say that their MASA is, see masa_url.h. */
#include "model/masa_url.h"

#include "model/names.h"

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

bool
masa_url_valid(struct span text)
{
	static const char scheme[] = "https://";
	const uint8_t *colon, *slash;
	struct span host = text, port = { NULL, 0 };
	size_t i;

	if (text.len > MASA_URL_MAX)
		return false;
	for (i = 0; i < text.len; i++)
		if (text.ptr[i] <= 0x20 || text.ptr[i] > 0x7e)
			return false;
	if (text.len > 8 && memcmp(text.ptr, scheme, 8) == 0) {
		host = span_of(text.ptr + 8, text.len - 8);
		slash = memchr(host.ptr, '/', host.len);
		if (slash != NULL)
			host.len = (size_t)(slash - host.ptr);
	}
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
