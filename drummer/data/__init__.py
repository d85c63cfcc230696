"""The data set: drummers' performances, and the batches that training draws from them."""
