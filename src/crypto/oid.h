/* Object identifiers of algorithms and curves, content octets. */
#ifndef CRYPTO_OID_H
#define CRYPTO_OID_H

#include "wire/span.h"

#define OID_SPAN(array) span_of(array, sizeof(array))

static const uint8_t OID_EC_PUBLIC_KEY[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 2,
	1 };
static const uint8_t OID_P256[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7 };
static const uint8_t OID_P384[] = { 0x2b, 0x81, 0x04, 0x00, 0x22 };
static const uint8_t OID_P521[] = { 0x2b, 0x81, 0x04, 0x00, 0x23 };
static const uint8_t OID_RSA[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1,
	1 };
static const uint8_t OID_ED25519[] = { 0x2b, 0x65, 0x70 };

#endif
