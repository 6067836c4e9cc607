module aggregator

go 1.19
