package io.sluice.examples.quickstart;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;

/**
 * One database of the shop.
 *
 * @param number from 1
 * @param of how many there are
 */
record ShopShard(int number, int of, String database, ConnectionFactory connections) {

    static ShopShard at(String url, int number, int of) {
        ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(url);
        Object database = options.getValue(ConnectionFactoryOptions.DATABASE);
        return new ShopShard(number, of, database == null ? "" : database.toString(), ConnectionFactories.get(options));
    }

    /** The name of the shard for Sluice. */
    String name() {
        return "shop-" + number;
    }

    /** Its part of so many rows; the first shards have one more where they cannot be shared evenly. */
    long share(long rows) {
        return rows / of + (number <= rows % of ? 1 : 0);
    }
}
