-- For wrk: each request differs from all others in a header that nobody reads.
local count = 0

function request()
  count = count + 1
  wrk.headers["X-Count"] = string.format("%012x", count)
  return wrk.format()
end
