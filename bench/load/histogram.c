#include "load.h"

#include <stdio.h>

#define SUB_BITS 5
#define SUB_BUCKETS (1 << SUB_BITS)

/* Logarithmic buckets, 32 to each doubling: a figure is off by 3 % at most. */
static unsigned bucket_of(uint64_t value)
{
	if (value < SUB_BUCKETS)
		return (unsigned)value;
	unsigned shift = 63 - (unsigned)__builtin_clzll(value) - SUB_BITS;
	return (shift << SUB_BITS) + (unsigned)(value >> shift);
}

static uint64_t middle_of(unsigned bucket)
{
	if (bucket < 2 * SUB_BUCKETS)
		return bucket;
	unsigned shift = (bucket >> SUB_BITS) - 1;
	uint64_t low = (uint64_t)(bucket - (shift << SUB_BITS)) << shift;
	return low + ((1ull << shift) >> 1);
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds)
{
	histogram->buckets[bucket_of(nanoseconds)]++;
	histogram->count++;
	if (nanoseconds > histogram->max)
		histogram->max = nanoseconds;
}

static double percentile(const struct histogram *histogram, double share)
{
	uint64_t wanted = (uint64_t)((double)histogram->count * share);
	uint64_t seen = 0;
	for (unsigned bucket = 0; bucket < 2048; bucket++) {
		seen += histogram->buckets[bucket];
		if (seen > wanted) {
			uint64_t value = middle_of(bucket);
			return (double)(value < histogram->max ? value : histogram->max) / 1e3;
		}
	}
	return (double)histogram->max / 1e3;
}

/* The members of a JSON object, without its braces; times in microseconds. */
void histogram_print(const struct histogram *histogram)
{
	printf("\"messages\":%llu,\"p50\":%.2f,\"p99\":%.2f,\"p999\":%.2f,\"max\":%.2f",
	       (unsigned long long)histogram->count, percentile(histogram, 0.50), percentile(histogram, 0.99),
	       percentile(histogram, 0.999), (double)histogram->max / 1e3);
}
