/*
 * Arithmetic of SLIP-0039 (IP 8), inside of crypto/keys: GF(256) modulo
 * x^8+x^4+x^3+x+1. Time and memory access do not depend on the values, so there
 * is no table; test/flow/constant-time looks with valgrind.
 */
#ifndef CRYPTO_KEYS_FIELD_H
#define CRYPTO_KEYS_FIELD_H

#include "wire/span.h"

uint8_t field_multiply(uint8_t a, uint8_t b);
/* a^-1; 0 for 0. */
uint8_t field_inverse(uint8_t a);

/* A place x of a polynomial and its values there, one for each octet. */
struct field_point {
	uint8_t x; /* public */
	const uint8_t *y;
};
/* The values at x of the polynomials of least degree through count points, whose
 * places differ; len octets into out, which is none of the points' values. */
void field_interpolate(const struct field_point *points, unsigned count,
    uint8_t x, uint8_t *out, size_t len);

#endif
