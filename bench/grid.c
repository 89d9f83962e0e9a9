/* The grid's rules and nothing else: levels, two windows, fills, cash.
 *
 * A level below the price by more than a tenth of the interval holds a buy, the ten nearest at
 * most. A trade strictly through it fills it; a trade strictly through level + interval sells it.
 * Returns the number of fills. */
#include <stdint.h>

#define LEVELS 65536
#define MIDDLE 32768
#define WINDOW 10

static unsigned char held[LEVELS];

static int64_t floor_div(int64_t a, int64_t b) { return a / b - ((a % b != 0) && ((a < 0) != (b < 0))); }

int64_t grid(const int64_t *price, int64_t n, int64_t step) {
    for (int64_t i = 0; i < LEVELS; i++) held[i] = 0;
    const int64_t anchor = price[0], start = step / 10;
    int64_t fills = 0, cash = 0;
    /* highest level that a buy may rest on, so that every level under it is open unless held */
    int64_t top = floor_div(price[0] - start - 1 - anchor, step);
    int64_t low = INT64_MIN, high = INT64_MAX, arm = INT64_MAX;
    int stale = 1;
    for (int64_t i = 0; i < n; i++) {
        const int64_t p = price[i];
        if (!stale && p >= low && p <= high && p <= arm) continue;
        stale = 0;
        /* buys that the trade went through */
        for (int64_t k = top; k > top - WINDOW && p < anchor + k * step; k--)
            if (!held[MIDDLE + k]) {
                held[MIDDLE + k] = 1;
                cash -= anchor + k * step;
                fills++;
            }
        /* sells that the trade went through */
        const int64_t sold = floor_div(p - 1 - anchor, step) - 1;
        for (int64_t k = sold; k > sold - 4 * WINDOW; k--)
            if (held[MIDDLE + k]) {
                held[MIDDLE + k] = 0;
                cash += anchor + (k + 1) * step;
                fills++;
            }
        top = floor_div(p - start - 1 - anchor, step);
        arm = anchor + (top + 1) * step + start;
        int64_t k = top;
        while (k > top - WINDOW && held[MIDDLE + k]) k--;
        low = anchor + k * step;
        k = sold + 1;
        while (k < sold + 4 * WINDOW && !held[MIDDLE + k]) k++;
        high = anchor + (k + 1) * step;
    }
    return fills + (cash == INT64_MIN);
}
