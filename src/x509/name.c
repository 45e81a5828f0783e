/* Distinguished names for people, see certificate.h. */
#include <stdio.h>

#include "base/text.h"
#include "wire/der.h"
#include "x509/certificate.h"

static const struct {
	uint8_t arc; /* 2.5.4.x */
	const char *name;
} attributes[] = {
	{ 3, "CN" },
	{ 4, "SN" },
	{ 5, "serialNumber" },
	{ 6, "C" },
	{ 7, "L" },
	{ 8, "ST" },
	{ 9, "street" },
	{ 10, "O" },
	{ 11, "OU" },
	{ 12, "title" },
	{ 42, "GN" },
};

/* 0.9.2342.19200300.100.1.25 (RFC 4519 2.4) and 1.2.840.113549.1.9.1. */
static const uint8_t domain_component[] = { 0x09, 0x92, 0x26, 0x89, 0x93, 0xf2,
	0x2c, 0x64, 0x01, 0x19 };
static const uint8_t email_address[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x09, 0x01 };

static const char *
attribute_name(struct span oid)
{
	size_t i;

	if (span_eq(oid, span_of(domain_component, sizeof(domain_component))))
		return "DC";
	if (span_eq(oid, span_of(email_address, sizeof(email_address))))
		return "emailAddress";
	if (oid.len != 3 || oid.ptr[0] != 0x55 || oid.ptr[1] != 4)
		return "?";
	for (i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++)
		if (attributes[i].arc == oid.ptr[2])
			return attributes[i].name;
	return "?";
}

static void
append(char *out, size_t cap, const char *name, struct span text)
{
	size_t at = strlen(out), i;

	at += (size_t)snprintf(
	    out + at, cap - at, "%s%s=", at > 0 ? ", " : "", name);
	for (i = 0; i < text.len && at + 1 < cap; i++, at++)
		out[at] = text.ptr[i] < 0x20 || text.ptr[i] > 0x7e
		    ? '?'
		    : (char)text.ptr[i];
	out[at < cap ? at : cap - 1] = '\0';
}

void
name_print(char *out, size_t cap, struct span name)
{
	struct der outer, list, set, pair;
	struct span oid, text;

	out[0] = '\0';
	der_open(&outer, name);
	if (der_enter(&outer, DER_SEQUENCE, &list) != WIRE_OK)
		return;
	while (der_enter(&list, DER_SET, &set) == WIRE_OK)
		while (der_enter(&set, DER_SEQUENCE, &pair) == WIRE_OK &&
		    der_oid(&pair, &oid) == WIRE_OK &&
		    der_any(&pair, NULL, &text, NULL) == WIRE_OK)
			append(out, cap, attribute_name(oid), text);
}

bool
name_attribute(struct span name, uint8_t arc, char *out, size_t cap)
{
	const uint8_t oid[] = { 0x55, 4, arc };
	struct der outer, names, set, pair;
	struct span type, text;

	der_open(&outer, name);
	if (der_enter(&outer, DER_SEQUENCE, &names) != WIRE_OK)
		return false;
	while (der_enter(&names, DER_SET, &set) == WIRE_OK)
		if (der_enter(&set, DER_SEQUENCE, &pair) == WIRE_OK &&
		    der_oid(&pair, &type) == WIRE_OK &&
		    span_eq(type, span_of(oid, sizeof(oid))) &&
		    der_string(&pair, NULL, &text) == WIRE_OK)
			return text_copy(out, cap, text);
	return false;
}
